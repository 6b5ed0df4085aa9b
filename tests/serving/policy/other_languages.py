"""Messages in other languages, service and selling alike: what only a person can judge."""

from collections.abc import Mapping

SAID: Mapping[str, str] = {
    "Spanish": """
Muchas gracias
Su paquete A-7 llega el viernes. Responda para cambiar la dirección.
Pedido entregado
Tu código es 482913
Hoy no pudimos entregar tu paquete porque no había nadie.
¡Compra ahora y llévate dos!
SU CITA ES MAÑANA A LAS 9
Hola Anna, tu cuenta fue bloqueada.
""",
    "Portuguese": """
Obrigado!
Sua encomenda A-7 chega na sexta-feira.
Pedido enviado
Seu código é 482913
A sua consulta foi alterada para segunda-feira às 10h.
Não foi possível entregar: ninguém em casa.
Aproveite agora, só hoje
""",
    "French": """
Merci Anna
Votre colis A-7 arrive vendredi. Répondez pour changer l'adresse.
Colis livré
Votre code est 482913
Rendez-vous demain à 9h30
Nous n'avons pas pu livrer votre commande.
Profitez-en vite
""",
    "German": """
Vielen Dank
Ihr Paket A-7 kommt am Freitag an. Antworten Sie, um die Adresse zu ändern.
Paket zugestellt
Ihr Code lautet 482913
Termin morgen um 9 Uhr
Niemand war zu Hause.
Nur heute alles zum halben Preis
Zahlung fehlgeschlagen
""",
    "Dutch": """
Dank u wel
Uw pakket A-7 komt vrijdag aan. Antwoord om het adres te wijzigen.
Pakket bezorgd
Uw code is 482913
Je afspraak is verplaatst naar maandag.
Er was niemand thuis
Nu alles voor de halve prijs
""",
    "Italian": """
Grazie mille
Il suo pacco A-7 arriva venerdì. Risponda per cambiare indirizzo.
Pacco consegnato
Il tuo codice è 482913
Appuntamento domani alle 9
Non c'era nessuno in casa.
Solo oggi tutto a metà prezzo
""",
    "Polish": """
Dziękujemy
Twoja paczka A-7 dotrze w piątek. Odpowiedz, aby zmienić adres.
Paczka doręczona
Kod: 482913, nie podawaj go nikomu
Wizyta jutro o 9:30
Nikogo nie było w domu.
""",
    "Czech": """
Děkujeme
Vaše zásilka A-7 dorazí v pátek. Odpovězte pro změnu adresy.
Balík doručen
Váš kód je 482913
Návštěva zítra v 9:30
Nikdo nebyl doma.
""",
    "Swedish": """
Tack!
Ditt paket A-7 kommer på fredag. Svara för att ändra adressen.
Paketet är levererat
Din kod är 482913
Besök i morgon klockan 9
Ingen var hemma.
""",
    "Danish": """
Mange tak
Din pakke A-7 kommer på fredag. Svar for at ændre adressen.
Pakken er leveret
Din kode er 482913
Din tid er flyttet til mandag
Der var ingen hjemme.
""",
    "Finnish": """
Kiitos
Pakettisi A-7 saapuu perjantaina. Vastaa muuttaaksesi osoitetta.
Paketti toimitettu
Koodisi on 482913
Aikasi on huomenna kello 9
Kukaan ei ollut kotona.
""",
    "Hungarian": """
Köszönjük
Az A-7 csomagja pénteken érkezik. Válaszoljon a cím módosításához.
Csomag kézbesítve
A kódja 482913
Időpontja holnap 9 órakor van
Senki sem volt otthon.
""",
    "Romanian": """
Mulțumim
Coletul dumneavoastră A-7 ajunge vineri. Răspundeți pentru a schimba adresa.
Colet livrat
Codul este 482913
Programarea este mâine la 9
Nu era nimeni acasă.
""",
    "Turkish": """
Teşekkürler
A-7 numaralı kargonuz cuma günü gelecek. Adresi değiştirmek için yanıtlayın.
Kargo teslim edildi
Kodunuz 482913
Randevunuz yarın saat 9'da
Evde kimse yoktu.
""",
    "Indonesian": """
Terima kasih
Paket A-7 Anda tiba hari Jumat. Balas untuk mengubah alamat.
Paket terkirim
Kode Anda 482913
Janji temu Anda besok pukul 9
Tidak ada orang di rumah.
""",
    "Vietnamese": """
Cảm ơn
Đơn hàng A-7 của bạn sẽ đến vào thứ Sáu.
Đã giao hàng
Mã của bạn là 482913
Lịch hẹn của bạn là ngày mai lúc 9 giờ
Không có ai ở nhà.
""",
    "Filipino": """
Salamat po
Ang iyong package A-7 ay darating sa Biyernes.
Naihatid na ang pakete
Ang code mo ay 482913
Bukas ng alas nuwebe ang iyong appointment
Walang tao sa bahay.
""",
    "Swahili": """
Asante sana
Mzigo wako A-7 utafika Ijumaa.
Mzigo umefika
Msimbo wako ni 482913
Miadi yako ni kesho saa tatu
Hakukuwa na mtu nyumbani.
""",
    "Russian": """
Спасибо
Ваша посылка A-7 прибудет в пятницу.
Код: 482913
Визит завтра в 9:30
Никого не было дома.
Заказ доставлен
""",
    "Ukrainian": """
Дякуємо
Ваша посилка A-7 прибуде у п'ятницю.
Код: 482913
Прийом завтра о 9:30
Нікого не було вдома.
Замовлення доставлено
""",
    "Greek": """
Ευχαριστούμε
Το δέμα σας A-7 φτάνει την Παρασκευή.
Κωδικός: 482913
Το ραντεβού σας είναι αύριο στις 9
Δεν ήταν κανείς στο σπίτι.
Παραδόθηκε
""",
    "Arabic": """
شكرا
طردك A-7 يصل يوم الجمعة.
الرمز: 482913
موعدك غدا الساعة 9
لم يكن أحد في المنزل.
تم التسليم
""",
    "Hebrew": """
תודה
החבילה A-7 תגיע ביום שישי.
קוד: 482913
התור שלך מחר בשעה 9
איש לא היה בבית.
נמסר
""",
    "Hindi": """
धन्यवाद
आपका पार्सल A-7 शुक्रवार को आएगा।
कोड: 482913
आपका अपॉइंटमेंट कल 9 बजे है
घर पर कोई नहीं था।
डिलीवर हो गया
""",
    "Bengali": """
ধন্যবাদ
আপনার পার্সেল A-7 শুক্রবার আসবে।
কোড: 482913
আপনার সাক্ষাৎ কাল সকাল ৯টায়
বাড়িতে কেউ ছিল না।
পৌঁছে গেছে
""",
    "Chinese": """
谢谢
您的包裹 A-7 将于周五送达。
验证码：482913
您的预约改到明天 9 点
家里没有人。
OK 已送达
""",
    "Japanese": """
ありがとうございます
お荷物 A-7 は金曜日に届きます。
コード：482913
ご予約は明日 9 時です
ご不在でした。
配達完了
""",
    "Korean": """
감사합니다
택배 A-7은 금요일에 도착합니다.
인증번호: 482913
예약은 내일 9시입니다
댁에 아무도 안 계셨습니다.
배송 완료
""",
    "Thai": """
ขอบคุณ
พัสดุ A-7 จะถึงวันศุกร์
รหัส: 482913
นัดของคุณคือพรุ่งนี้ 9 โมง
ไม่มีใครอยู่บ้าน
จัดส่งแล้ว
""",
    "Hindi, typed": """
Dhanyavaad
Aapka parcel A-7 kal aayega
Aapka OTP hai 482913
Aapka order ship ho gaya hai
Ghar par koi nahi tha
Your order kal tak pahunch jayega
Jaldi karo, sirf aaj
""",
    "Arabic, typed": """
Shukran
Talabak wasal, shukran
El talab hayewsal bokra inshallah
Mafi hada fil bait
Tawseel bukra sabah
Code talabak 482913
""",
    "half English": """
Your parcel arrives on Friday. Su paquete llega el viernes.
Your order is here. Nur heute alles zum halben Preis.
Your pedido is listo
Thanks for your order and enjoy your day, aaj hi kharido aur bachao
Parcel A-7 is late, 全场五折
Hi Anna, votre colis arrive demain
Order ready hai bhai
Your code: 482913. Non condividerlo con nessuno.
Your table is booked. Compra ahora.
Reply here. Подробнее
""",
}
SENTENCES = [(language, line) for language, said in SAID.items() for line in said.strip().splitlines()]
